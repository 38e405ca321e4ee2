/** A command that cannot be carried out. The message is one sentence for the operator, and says what would be right. */
export class Refusal extends Error {}

/** Another process has the socket now. */
export class TakenOver extends Refusal {}
