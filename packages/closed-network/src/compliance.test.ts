import { runComplianceSuite } from '@peerloom/testing';
import { ClosedNetwork } from './closed-network.js';
import { secretText, TestAuthority } from './network.fake.js';

runComplianceSuite(() => new ClosedNetwork({ secret: secretText }), {
  title: 'closed-network with a secret',
});

const authority = new TestAuthority();
const members = {
  local: authority.member('local'),
  remote: authority.member('remote'),
  bystander: authority.member('bystander'),
};
const revoked = authority.revoke();
runComplianceSuite((role) => new ClosedNetwork({ member: members[role], revoked }), {
  title: 'closed-network with members',
});
