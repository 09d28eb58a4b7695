/** The Action: inputs → ActionsHost → the same gate as the command line's. */
import './host/last-words.js';
import { guarded } from './gate.js';
import { ActionsHost } from './host/actions.js';
import { openThreads } from './host/threads.js';

openThreads();
const host = new ActionsHost();

guarded(host, () => host.run()).then(
  (status) => {
    process.exitCode = status;
  },
  () => {
    process.exitCode = 3;
  },
);
