/** Why a peer announces itself (BEP 3): `none` is an announce at the usual interval. */
export type AnnounceEvent = 'none' | 'started' | 'completed' | 'stopped';
