import { PeerloomError } from '@peerloom/core';

/**
 * What the test tools throw: a condition that never held, a script that went wrong, wrong use. Codes start
 * with `TESTING_`.
 */
export class TestingError extends PeerloomError {}
