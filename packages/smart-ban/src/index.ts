export { default, SmartBan } from './smart-ban.js';
export { SmartBanError } from './smart-ban-error.js';
