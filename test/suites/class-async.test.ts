import { describeClass } from './conformance.ts';

describeClass('async');
