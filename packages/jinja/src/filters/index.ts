/** All filters of Jinja, by name. */
import { type AnyFunction, withParameters } from '../values/callable.ts';
import { CHOOSING_FILTERS } from './choosing.ts';
import { HTML_FILTERS } from './html.ts';
import { NUMBER_FILTERS } from './numbers.ts';
import { SEQUENCE_FILTERS } from './sequences.ts';
import { TEXT_FILTERS } from './text.ts';

export const DEFAULT_FILTERS: Readonly<Record<string, AnyFunction>> = withParameters({
  ...TEXT_FILTERS,
  ...HTML_FILTERS,
  ...NUMBER_FILTERS,
  ...SEQUENCE_FILTERS,
  ...CHOOSING_FILTERS,
});
