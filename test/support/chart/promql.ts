/** One selection of series in an expression: the metric's name and the labels that it is selected by. */
export interface Selection {
  readonly metric: string;
  readonly labels: readonly string[];
}

/** What an expression reads. */
export interface PromqlReading {
  readonly selections: readonly Selection[];
  /** Labels that results are grouped, joined or listed by. */
  readonly groupedBy: readonly string[];
}

/** Throws where the text is no PromQL. */
export type ReadPromql = (text: string) => PromqlReading;

/**
 * A reader that has Prometheus's own grammar, whose package is an ES module. Grafana's `$__rate_interval` stands for a
 * duration, and its variables within strings are left alone.
 */
export async function loadPromql(): Promise<ReadPromql> {
  const { parser } = await import('@prometheus-io/lezer-promql');
  return (text) => {
    const expression = text.replaceAll('$__rate_interval', '5m');
    const selections: Selection[] = [];
    const groupedBy: string[] = [];
    parser.parse(expression).iterate({
      enter: ({ node }) => {
        const { from, name, type } = node;
        if (type.isError) throw new Error(`not PromQL at character ${from}: ${expression}`);
        const textsOf = (nodes: readonly { from: number; to: number }[]): string[] =>
          nodes.map((part) => expression.slice(part.from, part.to));
        if (name === 'GroupingLabels') groupedBy.push(...textsOf(node.getChildren('LabelName')));
        if (name !== 'VectorSelector') return;
        const [metric] = textsOf(node.getChildren('Identifier'));
        if (metric === undefined) throw new Error(`a selection without a metric's name: ${expression}`);
        const matchers = node.getChild('LabelMatchers')?.getChildren('UnquotedLabelMatcher') ?? [];
        const labels = textsOf(matchers.flatMap((matcher) => matcher.getChildren('LabelName')));
        selections.push({ metric, labels });
      },
    });
    return { selections, groupedBy };
  };
}
