import { describeClass } from './conformance.ts';

describeClass('threads');
