/** Where the values of `${…}` come from. */
export interface InterpolationSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Content of `${file:PATH}`; throws when it cannot be read. */
  readFile(path: string): string;
}

export interface InterpolationProblem {
  readonly message: string;
  readonly hint: string;
}

export interface Interpolated {
  readonly text: string;
  readonly problems: readonly InterpolationProblem[];
  /** The text holds what a file did. */
  readonly isSecret: boolean;
}

/** Variables of one instance, known only when it starts. */
export const instanceVariables: readonly string[] = [
  'PM_PROCESS',
  'PM_INSTANCE',
  'PM_INSTANCE_INDEX',
  'PM_SOCKET',
  'PORT',
];

/**
 * Expands `${VAR}`, `${VAR:-default}`, `${VAR:?message}` and `${file:PATH}` in one scalar; `$${…}` is a literal `${…}`.
 * As in a shell, `:-` and `:?` take an empty value for an unset one, and a default may hold further `${…}`.
 * Any other `$` is left alone: it is a shell's, or nobody's. Names in `deferred` stay for `expandInstance`.
 */
export function interpolate(
  text: string,
  sources: InterpolationSources,
  deferred: readonly string[] = [],
): Interpolated {
  const problems: InterpolationProblem[] = [];
  let isSecret = false;
  const watched: InterpolationSources = {
    env: sources.env,
    readFile(path) {
      isSecret = true;
      return sources.readFile(path);
    },
  };
  const result = replaceExpressions(text, {
    expand: (expression) => expandNow(expression, { sources: watched, deferred, problems }),
    unescape: (expression) => (isDeferred(expression, deferred) ? `$${expression.raw}` : expression.raw),
    unclosed: (raw, isEscaped) => {
      if (!isEscaped) problems.push(toUnclosed(raw));
      return raw;
    },
  });
  return { text: result, problems, isSecret };
}

/** Expands the instance variables that `interpolate` left. One without a value and without a default becomes empty. */
export function expandInstance(text: string, variables: Readonly<Record<string, string>>): string {
  return replaceExpressions(text, {
    expand: (expression) => {
      if (!isDeferred(expression, instanceVariables)) return expression.raw;
      const value = valueOf(variables, expression.name);
      return value === '' ? expandInstance(expression.operator === ':-' ? expression.operand : '', variables) : value;
    },
    unescape: (expression) => (isDeferred(expression, instanceVariables) ? expression.raw : `$${expression.raw}`),
  });
}

/** One `${…}`. `name` is empty where the content is not in our grammar. */
interface Expression {
  readonly raw: string;
  readonly name: string;
  readonly operator: '' | ':-' | ':?' | 'file:';
  readonly operand: string;
}

interface Replacers {
  expand(expression: Expression): string;
  /** For an expression that stands after an escaping `$`, which is not part of it. */
  unescape(expression: Expression): string;
  /** For the rest of the text from a `${` that nothing closes. */
  unclosed?(raw: string, isEscaped: boolean): string;
}

function replaceExpressions(text: string, replacers: Replacers): string {
  let result = '';
  let from = 0;
  for (let at = text.indexOf('${'); at !== -1; at = text.indexOf('${', from)) {
    const isEscaped = at > from && text[at - 1] === '$';
    const end = findClosingBrace(text, at + 2);
    if (end === -1 && replacers.unclosed === undefined) break;
    result += text.slice(from, isEscaped ? at - 1 : at);
    if (end === -1) return result + (replacers.unclosed?.(text.slice(at), isEscaped) ?? '');
    const expression = readExpression(text.slice(at, end + 1));
    result += isEscaped ? replacers.unescape(expression) : replacers.expand(expression);
    from = end + 1;
  }
  return result + text.slice(from);
}

function findClosingBrace(text: string, from: number): number {
  let depth = 1;
  for (let at = from; at < text.length; at++) {
    if (text[at] === '{' && text[at - 1] === '$') depth++;
    if (text[at] === '}' && --depth === 0) return at;
  }
  return -1;
}

const grammar = /^\$\{(?:(?<file>file:)(?<path>.+)|(?<name>[A-Za-z_]\w*)(?:(?<operator>:[-?])(?<operand>.*))?)\}$/s;

function readExpression(raw: string): Expression {
  const { file, path, name, operator, operand } = grammar.exec(raw)?.groups ?? {};
  if (file !== undefined) return { raw, name: '', operator: 'file:', operand: path ?? '' };
  return { raw, name: name ?? '', operator: (operator ?? '') as ':-' | ':?' | '', operand: operand ?? '' };
}

interface ExpandContext {
  readonly sources: InterpolationSources;
  readonly deferred: readonly string[];
  readonly problems: InterpolationProblem[];
}

function expandNow(expression: Expression, context: ExpandContext): string {
  if (expression.operator === 'file:') return escapeDeferred(readSecret(expression.operand, context), context);
  if (expression.name === '') return expression.raw;
  if (isDeferred(expression, context.deferred)) return keepForLater(expression, context);
  const value = context.sources.env[expression.name];
  if (value !== undefined && (value !== '' || expression.operator === '')) return escapeDeferred(value, context);
  if (expression.operator === ':-') return expandNested(expression.operand, context);
  context.problems.push(toUnset(expression));
  return '';
}

// The default of a deferred variable may name one that is known only now.
function keepForLater({ raw, name, operator, operand }: Expression, context: ExpandContext): string {
  return operand.includes('${') ? `\${${name}${operator}${expandNested(operand, context)}}` : raw;
}

// What comes out of a variable or a file is data: a password that holds "${PORT}" must arrive as it is.
function escapeDeferred(value: string, { deferred }: ExpandContext): string {
  if (deferred.length === 0) return value;
  const escaped = (expression: Expression, dollar: string): string =>
    isDeferred(expression, deferred) ? `$${dollar}${expression.raw}` : `${dollar}${expression.raw}`;
  return replaceExpressions(value, { expand: (it) => escaped(it, ''), unescape: (it) => escaped(it, '$') });
}

function expandNested(text: string, context: ExpandContext): string {
  const nested = interpolate(text, context.sources, context.deferred);
  context.problems.push(...nested.problems);
  return nested.text;
}

function readSecret(path: string, { sources, problems }: ExpandContext): string {
  try {
    return sources.readFile(path).replace(/\r?\n$/, '');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    problems.push({ message: `cannot read \${file:${path}}: ${reason}`, hint: 'Mount the file, or correct the path.' });
    return '';
  }
}

function isDeferred(expression: Expression, deferred: readonly string[]): boolean {
  return expression.name !== '' && expression.operator !== ':?' && deferred.includes(expression.name);
}

function valueOf(variables: Readonly<Record<string, string>>, name: string): string {
  return Object.hasOwn(variables, name) ? (variables[name] ?? '') : '';
}

function toUnset({ name, operator, operand }: Expression): InterpolationProblem {
  if (operator === ':?')
    return {
      message: operand === '' ? `${name} is not set` : `${name} is not set: ${operand}`,
      hint: `Set the environment variable ${name}.`,
    };
  return {
    message: `the environment variable ${name} is not set`,
    hint: `Set it, give a default with \${${name}:-value}, or write $\${${name}} for the text itself.`,
  };
}

function toUnclosed(raw: string): InterpolationProblem {
  return {
    message: `"${raw.slice(0, 40)}" has no closing brace`,
    hint: 'Add "}", or write "$$" before "{" for the text itself.',
  };
}
