import { describeClass } from './conformance.ts';

describeClass('picoev');
