/** What makes a report move, in the browser: the time that is looked at, and the filter of events. */
import { watchFilters } from './filters.js';
import { watchScrubber } from './scrubber.js';

for (const element of document.querySelectorAll<HTMLElement>('[data-script]')) element.hidden = false;
watchScrubber();
watchFilters();
