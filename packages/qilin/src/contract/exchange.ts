/** One request on the native engine and its answer: the kernel's own type, for those who do not know the kernel otherwise. */
export type { BodySink, Exchange } from '@qilin/picoev';
