import { Injectable } from '@nestjs/common';
import { Sealer } from '@gongdan/platform';

/** Where notices for a person of the directory go. */
export interface StaffContact {
  email?: string | undefined;
  phone?: string | undefined;
}

/** Contacts of staff are sealed in the database and on the bus, as those of complainants are (docs/adr/0011). */
@Injectable()
export class SealedContacts {
  constructor(private readonly sealer: Sealer) {}

  /** Undefined without any contact. A contact that has not changed keeps its token, so that saving a person again is no change. */
  seal(org: string, person: string, { email, phone }: StaffContact, before: string | undefined): string | undefined {
    if (email === undefined && phone === undefined) return undefined;
    const text = JSON.stringify({ ...(email === undefined ? {} : { email }), ...(phone === undefined ? {} : { phone }) });
    const place = placeOf(org, person);
    return before !== undefined && this.sealer.open(before, place) === text ? before : this.sealer.seal(text, place);
  }

  open(org: string, person: string, sealed: string | undefined): StaffContact {
    return sealed === undefined ? {} : (JSON.parse(this.sealer.open(sealed, placeOf(org, person))) as StaffContact);
  }
}

function placeOf(org: string, person: string): string {
  return `directory|${org}|${person}`;
}
