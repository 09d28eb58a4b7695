/** The Action: inputs → ActionsHost → the same gate as the command line's. */
import { guarded } from './gate.js';
import { ActionsHost } from './host/actions.js';
import { endWith } from './host/last-words.js';
import { openThreads } from './host/threads.js';

openThreads();
const host = new ActionsHost();

endWith(guarded(host, () => host.run()));
