/** Packs of which every scenario passes, none pending. The list may only grow; a test plays them. */
export const WHOLE_PACKS: readonly string[] = [
  'city-311',
  'p04-insurer-complaints',
  'p08-express-complaints',
  'p11-etc-two-level',
  'p21-pos-merchants',
  'p23-maintenance-sheets',
  'p25-after-sales',
  'p33-correction-window',
  'p37-paint-maker',
  'p38-eight-d',
  'p39-approval-form',
  'p40-clinic',
  'p41-complaint-levels',
  'p42-quality-loop',
  'starter',
];
