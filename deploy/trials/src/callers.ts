import { type Person } from 'gongdan';
import { type Product } from './trial.js';

/** A ticket that every organisation with the starter pack may register. */
export const TICKET = {
  pack: 'starter',
  type: 'complaint',
  category: 'network',
  title: 'a trial',
  contact: { phone: '13800001111' },
} as const;

/** Each trial has organisations of its own, so that the limits that one trial uses up do not touch the next. */
export const admin = (org: string, id = 'admin'): Person => ({ id, org, roles: ['admin'], units: [] });

/** The header that authenticates a person. */
export async function authorization({ stack }: Product, person: Person): Promise<{ authorization: string }> {
  return { authorization: `Bearer ${await stack.token(person)}` };
}
