/** What to do around a port's methods: each gets the method itself and the arguments of the call. */
export type Around<Port> = {
  readonly [Name in keyof Port]?: Port[Name] extends (...given: infer Given) => infer Result
    ? (inner: (...given: Given) => Result, ...given: Given) => Result
    : never;
};

/** The same port with something around the named methods; the others are untouched. */
export function around<Port extends object>(port: Port, advice: Around<Port>): Port {
  return new Proxy(port, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      const inner = (...given: unknown[]): unknown => Reflect.apply(value, target, given);
      const advise: unknown = Reflect.get(advice, name);
      if (typeof advise !== 'function') return inner;
      return (...given: unknown[]): unknown => Reflect.apply(advise, advice, [inner, ...given]);
    },
  });
}
