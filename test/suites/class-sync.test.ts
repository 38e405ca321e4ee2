import { describeClass } from './conformance.ts';

describeClass('sync');
