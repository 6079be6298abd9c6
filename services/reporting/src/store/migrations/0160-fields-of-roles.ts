import { migration } from '@gongdan/platform';

/** Which fields of a pack some roles see only (`FieldRoles`). Null: the pack came before this column, and nobody is shown what its fields changed to. */
export const fieldsOfRoles = migration(160, 'FieldsOfRoles', 'alter table pack_rows add column field_roles json;');
