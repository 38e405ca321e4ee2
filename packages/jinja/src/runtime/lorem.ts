/** `lipsum()`: filler text. */

import { listOf, spend } from '../values/budget.ts';

const WORDS = (
  'a ac accumsan ad adipiscing aenean aliquam aliquet amet ante aptent arcu at auctor augue bibendum blandit class ' +
  'commodo condimentum congue consectetuer consequat conubia convallis cras cubilia cum curabitur curae cursus dapibus ' +
  'diam dictum dictumst dignissim dis dolor donec dui duis egestas eget eleifend elementum elit enim erat eros est et ' +
  'etiam eu euismod facilisi facilisis fames faucibus felis fermentum feugiat fringilla fusce gravida habitant hac ' +
  'hendrerit hymenaeos iaculis id imperdiet in inceptos integer interdum ipsum justo lacinia lacus laoreet lectus leo ' +
  'libero ligula litora lobortis lorem luctus maecenas magna magnis malesuada massa mattis mauris metus mi molestie'
).split(' ');

const pick = (below: number) => Math.floor(Math.random() * below);

/** Paragraphs of so many words, as HTML or as text. */
export function lorem(count: number, isHtml: boolean, min: number, max: number): string {
  const paragraphs = Array.from({ length: listOf(count) }, () => paragraph(min + pick(Math.max(1, max - min))));
  return isHtml ? paragraphs.map((text) => `<p>${text}</p>`).join('\n') : paragraphs.join('\n\n');
}

function paragraph(length: number): string {
  spend(length);
  let text = '';
  let isStart = true;
  for (let i = 0; i < length; i++) {
    if (i % 1024 === 1023) listOf(i);
    const word = WORDS[pick(WORDS.length)] ?? 'lorem';
    text += isStart ? (word[0] ?? '').toUpperCase() + word.slice(1) : word;
    isStart = i % 11 === 10;
    if (i < length - 1) text += isStart ? '. ' : i % 5 === 4 ? ', ' : ' ';
  }
  return `${text}.`;
}
