/** A template's tree, as the parser makes it and the compiler takes it. */

interface At {
  /** Where in the source it begins. */
  readonly offset: number;
}

export interface Keyword {
  readonly name: string;
  readonly value: Expr;
}

export interface Args {
  readonly args: readonly Expr[];
  readonly keywords: readonly Keyword[];
  readonly restArgs: Expr | null;
  readonly restKeywords: Expr | null;
}

export type BinaryOperator = '+' | '-' | '*' | '/' | '//' | '%' | '**';
export type CompareOperator = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | 'not in';

export type Const = At & { readonly kind: 'const'; readonly value: unknown };
export type Name = At & { readonly kind: 'name'; readonly name: string };
export type NamespaceRef = At & { readonly kind: 'nsref'; readonly name: string; readonly attribute: string };
export type TupleExpr = At & { readonly kind: 'tuple'; readonly items: readonly Expr[] };
export type Call = At & Args & { readonly kind: 'call'; readonly callee: Expr };
export type Filter = At & Args & { readonly kind: 'filter'; readonly name: string; readonly value: Expr | null };
export type Getattr = At & { readonly kind: 'getattr'; readonly object: Expr; readonly name: string };

export type Expr =
  | Const
  | Name
  | NamespaceRef
  | TupleExpr
  | Call
  | Filter
  | Getattr
  | (At & { readonly kind: 'list'; readonly items: readonly Expr[] })
  | (At & { readonly kind: 'dict'; readonly pairs: readonly { readonly key: Expr; readonly value: Expr }[] })
  | (At & { readonly kind: 'getitem'; readonly object: Expr; readonly key: Expr })
  | (At & {
      readonly kind: 'slice';
      readonly start: Expr | null;
      readonly stop: Expr | null;
      readonly step: Expr | null;
    })
  | (At & Args & { readonly kind: 'test'; readonly name: string; readonly value: Expr })
  | (At & { readonly kind: 'unary'; readonly operator: '+' | '-' | 'not'; readonly value: Expr })
  | (At & { readonly kind: 'binary'; readonly operator: BinaryOperator; readonly left: Expr; readonly right: Expr })
  | (At & { readonly kind: 'logic'; readonly operator: 'and' | 'or'; readonly left: Expr; readonly right: Expr })
  | (At & {
      readonly kind: 'compare';
      readonly first: Expr;
      readonly rest: readonly { readonly operator: CompareOperator; readonly value: Expr }[];
    })
  | (At & { readonly kind: 'concat'; readonly items: readonly Expr[] })
  | (At & { readonly kind: 'conditional'; readonly test: Expr; readonly value: Expr; readonly otherwise: Expr | null })
  /** Text that is HTML where HTML is written: what `trans` gives. */
  | (At & { readonly kind: 'markup'; readonly value: Expr });

/** What can be assigned to. */
export type Target = Name | NamespaceRef | TupleExpr;

export interface Parameter {
  readonly name: string;
  readonly offset: number;
  readonly otherwise: Expr | null;
}

export type Output = At & { readonly kind: 'output'; readonly parts: readonly (Expr | TemplateData)[] };
export type TemplateData = At & { readonly kind: 'data'; readonly text: string };
export type For = At & {
  readonly kind: 'for';
  readonly target: Target;
  readonly iterable: Expr;
  readonly test: Expr | null;
  readonly isRecursive: boolean;
  readonly body: readonly Stmt[];
  readonly otherwise: readonly Stmt[];
};
export type If = At & {
  readonly kind: 'if';
  readonly test: Expr;
  readonly body: readonly Stmt[];
  readonly elifs: readonly { readonly test: Expr; readonly body: readonly Stmt[]; readonly offset: number }[];
  readonly otherwise: readonly Stmt[];
};
export type Macro = At & {
  readonly kind: 'macro';
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly body: readonly Stmt[];
};
export type CallBlock = At & {
  readonly kind: 'callBlock';
  readonly call: Call;
  readonly parameters: readonly Parameter[];
  readonly body: readonly Stmt[];
};
export type Block = At & {
  readonly kind: 'block';
  readonly name: string;
  readonly isScoped: boolean;
  readonly isRequired: boolean;
  readonly body: readonly Stmt[];
};
export type Include = At & {
  readonly kind: 'include';
  readonly template: Expr;
  readonly ignoresMissing: boolean;
  readonly withContext: boolean;
};
export type Import = At & {
  readonly kind: 'import';
  readonly template: Expr;
  readonly target: string;
  readonly withContext: boolean;
};
export type FromImport = At & {
  readonly kind: 'fromImport';
  readonly template: Expr;
  readonly names: readonly { readonly name: string; readonly alias: string }[];
  readonly withContext: boolean;
};

export type Stmt =
  | Output
  | For
  | If
  | Macro
  | CallBlock
  | Block
  | Include
  | Import
  | FromImport
  | (At & { readonly kind: 'assign'; readonly target: Target; readonly value: Expr })
  | (At & {
      readonly kind: 'assignBlock';
      readonly target: Target;
      readonly filter: Filter | null;
      readonly body: readonly Stmt[];
    })
  | (At & { readonly kind: 'filterBlock'; readonly filter: Filter; readonly body: readonly Stmt[] })
  | (At & {
      readonly kind: 'with';
      readonly targets: readonly Target[];
      readonly values: readonly Expr[];
      readonly body: readonly Stmt[];
    })
  | (At & { readonly kind: 'autoescape'; readonly value: Expr; readonly body: readonly Stmt[] })
  | (At & { readonly kind: 'extends'; readonly template: Expr })
  | (At & { readonly kind: 'do'; readonly value: Expr })
  | (At & { readonly kind: 'break' | 'continue' })
  | (At & { readonly kind: 'debug' });

export interface Template {
  readonly body: readonly Stmt[];
}

const NO_ARGS: Args = { args: [], keywords: [], restArgs: null, restKeywords: null };

/** A call's arguments that are these alone. */
export const positional = (...args: readonly Expr[]): Args => ({ ...NO_ARGS, args });

/** The statements directly within one, those of its branches and bodies. */
export function bodiesOf(statement: Stmt): readonly (readonly Stmt[])[] {
  switch (statement.kind) {
    case 'for':
      return [statement.body, statement.otherwise];
    case 'if':
      return [statement.body, ...statement.elifs.map(({ body }) => body), statement.otherwise];
    case 'macro':
    case 'callBlock':
    case 'block':
    case 'assignBlock':
    case 'filterBlock':
    case 'with':
    case 'autoescape':
      return [statement.body];
    default:
      return [];
  }
}
