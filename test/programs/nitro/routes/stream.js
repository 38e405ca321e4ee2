/** Pieces of text, one after the other. */
export default eventHandler(() => {
  const pieces = ['one\n', 'two\n', 'three\n'];
  return new ReadableStream({
    pull(controller) {
      const piece = pieces.shift();
      if (piece === undefined) controller.close();
      else controller.enqueue(new TextEncoder().encode(piece));
    },
  });
});
