/**
 * A table of the page. What a server says becomes text and nothing else. Rows and cells stay as they are and are given other texts: whoever has
 * the keyboard on one of them, or reads it, is not thrown out each second.
 */

export interface Column<Row> {
  readonly heading: string;
  /** Text, to the left; numbers are to the right. */
  readonly isText?: boolean;
  readonly isBad?: (row: Row) => boolean;
  readonly text: (row: Row) => string;
  /** By which it is sorted, the largest first, where its heading is pressed. */
  readonly size?: (row: Row) => number;
}

/** @param press Of the button that each row has, where there is one. */
export interface Pressed<Row> {
  readonly label: string;
  readonly press: (row: Row) => void;
}

export class Table<Row> {
  readonly #element: HTMLTableElement;
  #sorted: number | undefined;
  #rows: readonly Row[] = [];
  #columns: readonly Column<Row>[] = [];
  #button: Pressed<Row> | undefined;
  #none = '';

  constructor(element: HTMLTableElement) {
    this.#element = element;
    element.append(document.createElement('thead'), document.createElement('tbody'));
    element.tHead?.insertRow();
  }

  /** @param none What is said where there are no rows. */
  show(columns: readonly Column<Row>[], rows: readonly Row[], none: string, button?: Pressed<Row>): void {
    this.#columns = columns;
    this.#rows = rows;
    this.#none = none;
    this.#button = button;
    this.#draw();
  }

  #draw(): void {
    const size = this.#sorted === undefined ? undefined : this.#columns[this.#sorted]?.size;
    this.#rows = size === undefined ? this.#rows : this.#rows.toSorted((one, other) => size(other) - size(one));
    const { tHead, tBodies } = this.#element;
    const [body] = tBodies;
    const head = tHead?.rows[0];
    if (head === undefined || body === undefined) return;
    resize(head, this.#columns.length, () => document.createElement('th'));
    // Above the buttons.
    if (this.#button !== undefined) head.append(document.createElement('td'));
    for (const [index, column] of this.#columns.entries()) this.#drawHeading(head.cells[index], column, index);
    resize(body, Math.max(1, this.#rows.length), () => document.createElement('tr'));
    if (this.#rows.length === 0) this.#drawNone(body.rows[0]);
    else for (const [index, row] of this.#rows.entries()) this.#drawRow(body.rows[index], row, index);
  }

  #drawHeading(cell: HTMLElement | undefined, column: Column<Row>, index: number): void {
    if (cell === undefined) return;
    setClass(cell, 'text', column.isText === true);
    cell.setAttribute('scope', 'col');
    if (column.size === undefined) {
      setText(cell, column.heading);
      return;
    }
    cell.setAttribute('aria-sort', this.#sorted === index ? 'descending' : 'none');
    const label = this.#sorted === index ? `${column.heading} ↓` : column.heading;
    setText(
      buttonIn(cell, () => this.#sortBy(index)),
      label,
    );
  }

  #sortBy(index: number): void {
    this.#sorted = this.#sorted === index ? undefined : index;
    this.#draw();
  }

  #drawNone(row: HTMLTableRowElement | undefined): void {
    if (row === undefined) return;
    resize(row, 1, () => document.createElement('td'));
    const [cell] = row.cells;
    if (cell === undefined) return;
    cell.colSpan = this.#columns.length;
    cell.className = 'text';
    setText(cell, this.#none);
  }

  #drawRow(element: HTMLTableRowElement | undefined, row: Row, index: number): void {
    if (element === undefined) return;
    const extra = this.#button === undefined ? 0 : 1;
    resize(element, this.#columns.length + extra, () => document.createElement('td'));
    for (const [place, column] of this.#columns.entries()) {
      const cell = element.cells[place];
      if (cell === undefined) continue;
      cell.removeAttribute('colspan');
      setClass(cell, 'text', column.isText === true);
      setClass(cell, 'bad', column.isBad?.(row) === true);
      setText(cell, column.text(row));
    }
    const last = element.cells[this.#columns.length];
    if (last === undefined) return;
    // Whatever the row shows by then.
    const press = (): void => {
      const present = this.#rows[index];
      if (present !== undefined) this.#button?.press(present);
    };
    setText(buttonIn(last, press), this.#button?.label ?? '');
  }
}

function resize(parent: HTMLElement, count: number, make: () => HTMLElement): void {
  while (parent.children.length > count) parent.lastElementChild?.remove();
  while (parent.children.length < count) parent.append(make());
}

function buttonIn(cell: HTMLElement, press: () => void): HTMLButtonElement {
  const present = cell.firstElementChild;
  if (present instanceof HTMLButtonElement) return present;
  const button = document.createElement('button');
  button.type = 'button';
  button.addEventListener('click', press);
  cell.replaceChildren(button);
  return button;
}

export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

function setClass(element: Element, name: string, isSet: boolean): void {
  if (element.classList.contains(name) !== isSet) element.classList.toggle(name, isSet);
}
