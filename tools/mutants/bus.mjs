export const BUS = [];
