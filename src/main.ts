/** The Action: inputs → ActionsHost → the same gate as the command line's. */
import { guarded } from './gate.js';
import { ActionsHost, isAfterJob } from './host/actions.js';
import { endWith } from './host/last-words.js';
import { openThreads } from './host/threads.js';

const host = new ActionsHost();
const judging = () => {
  openThreads();
  return guarded(host, () => host.run());
};

endWith(isAfterJob() ? host.link() : judging());
