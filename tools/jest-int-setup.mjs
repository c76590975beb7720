// Integration tests meet real servers on a machine that may be busy. A test that fails is tried once more, and its first
// failure is shown: what fails twice is broken, what fails once deserves a look.
import { jest } from '@jest/globals';

jest.retryTimes(1, { logErrorsBeforeRetry: true });
