import type { MathNode } from 'mathjs' with { 'resolution-mode': 'import' };
import { quote } from '../../../core/config/parse-input.js';
import type { FormulaLimits } from './formula-limits.js';
import {
  FORMULA_FUNCTIONS,
  FORMULA_OPERATORS,
  FORMULA_PARTS,
  LARGEST_CONSTANT,
  LARGEST_EXPONENT,
} from './formula-limits.js';

/** What is wrong with a formula, and what would not be. */
export interface FormulaFault {
  readonly found: string;
  readonly allowed: string;
}

/** What this module reads of mathjs's nodes. */
interface OperatorNode extends MathNode {
  readonly op: string;
  readonly fn: string;
  readonly args: readonly MathNode[];
}
interface FunctionNode extends MathNode {
  readonly fn: MathNode;
  readonly args: readonly MathNode[];
}
interface SymbolNode extends MathNode {
  readonly name: string;
}
interface ConstantNode extends MathNode {
  readonly value: unknown;
}
interface ParenthesisNode extends MathNode {
  readonly content: MathNode;
}

/**
 * The first thing in a parsed formula that is not on the allow-list. Invariant: a tree that passes has no loop, no range, no
 * assignment, no access to a property and no call but of a listed function, so that its evaluation takes one step a node and
 * reaches nothing but the scores.
 */
export function formulaFault(
  root: MathNode,
  names: ReadonlySet<string>,
  limits: FormulaLimits,
): FormulaFault | undefined {
  let nodes = 0;
  let fault: FormulaFault | undefined;
  root.traverse((node, path, parent) => {
    nodes += 1;
    // The name of a function is a symbol of its own; it was looked at with the call.
    const isFunctionName = path === 'fn' && isFunction(parent);
    if (fault === undefined && !isFunctionName) fault = nodeFault(node, names);
  });
  if (nodes > limits.nodes) {
    return { found: `a formula of ${nodes} nodes`, allowed: `at most ${limits.nodes} nodes` };
  }
  return fault;
}

function nodeFault(node: MathNode, names: ReadonlySet<string>): FormulaFault | undefined {
  if (isConstant(node)) return constantFault(node);
  if (isSymbol(node)) return names.has(node.name) ? undefined : unknownName(node.name, names);
  if (isOperator(node)) return operatorFault(node);
  if (isFunction(node)) return functionFault(node);
  if (node.type === 'ParenthesisNode' || node.type === 'ConditionalNode') return undefined;
  const kind = node.type.replace(/Node$/, '');
  return { found: `${quote(node.toString())}, a node of kind ${kind}`, allowed: FORMULA_PARTS };
}

function constantFault({ value }: ConstantNode): FormulaFault | undefined {
  if (typeof value === 'number' && Math.abs(value) <= LARGEST_CONSTANT) return undefined;
  return {
    found: typeof value === 'number' ? `the number ${value}` : quote(value),
    allowed: `numbers of at most ${LARGEST_CONSTANT}`,
  };
}

function unknownName(name: string, names: ReadonlySet<string>): FormulaFault {
  return {
    found: `the unknown name ${quote(name)}`,
    allowed: `the rubric's criteria: ${[...names].join(', ')}`,
  };
}

function operatorFault(node: OperatorNode): FormulaFault | undefined {
  if (!FORMULA_OPERATORS.has(node.fn)) {
    return { found: `the operator ${quote(node.op)}`, allowed: FORMULA_PARTS };
  }
  if (node.fn !== 'pow') return undefined;
  const exponent = constantOf(node.args[1]);
  if (exponent !== undefined && Math.abs(exponent) <= LARGEST_EXPONENT) return undefined;
  return {
    found: `the exponent ${quote(node.args[1].toString())}`,
    allowed: `a number from −${LARGEST_EXPONENT} to ${LARGEST_EXPONENT} as exponent`,
  };
}

function functionFault({ fn, args }: FunctionNode): FormulaFault | undefined {
  if (!isSymbol(fn) || !FORMULA_FUNCTIONS.has(fn.name)) {
    return { found: `a call of ${quote(fn.toString())}`, allowed: FORMULA_PARTS };
  }
  if (fn.name === 'min' || fn.name === 'max' ? args.length >= 1 : args.length === 1) return undefined;
  return {
    found: `${fn.name} of ${args.length} values`,
    allowed: 'one value or, for min and max, at least one',
  };
}

/** The number that a node stands for, through parentheses and a sign. */
function constantOf(node: MathNode): number | undefined {
  if (isConstant(node)) return typeof node.value === 'number' ? node.value : undefined;
  if (isParenthesis(node)) return constantOf(node.content);
  if (!isOperator(node) || node.fn !== 'unaryMinus') return undefined;
  const inner = constantOf(node.args[0]);
  return inner === undefined ? undefined : -inner;
}

function isOperator(node: MathNode): node is OperatorNode {
  return node.type === 'OperatorNode';
}

function isFunction(node: MathNode | null): node is FunctionNode {
  return node?.type === 'FunctionNode';
}

function isSymbol(node: MathNode): node is SymbolNode {
  return node.type === 'SymbolNode';
}

function isConstant(node: MathNode): node is ConstantNode {
  return node.type === 'ConstantNode';
}

function isParenthesis(node: MathNode): node is ParenthesisNode {
  return node.type === 'ParenthesisNode';
}
