/** What an element does in the page. Its state is held by the closure that `born` makes. */
export interface Behaviour {
  connected(): void
  disconnected(): void
  changed(): void
}

/** Defines a custom element from a function. The browser wants a constructor, not the keyword. */
export function defineElement(name: string, attributes: readonly string[], born: (host: HTMLElement) => Behaviour): void {
  const behaviours = new WeakMap<HTMLElement, Behaviour>()
  const of = (host: HTMLElement): Behaviour | undefined => behaviours.get(host)

  function Element(): HTMLElement {
    const host: HTMLElement = Reflect.construct(HTMLElement, [], Element)
    behaviours.set(host, born(host))
    return host
  }
  Object.setPrototypeOf(Element, HTMLElement)
  Element.observedAttributes = attributes
  Element.prototype = Object.create(HTMLElement.prototype, {
    constructor: { value: Element },
    connectedCallback: { value: called((behaviour) => behaviour.connected()) },
    disconnectedCallback: { value: called((behaviour) => behaviour.disconnected()) },
    attributeChangedCallback: { value: called((behaviour) => behaviour.changed()) },
  })
  if (customElements.get(name) === undefined) customElements.define(name, Element as unknown as CustomElementConstructor)

  function called(call: (behaviour: Behaviour) => void) {
    return function (this: HTMLElement): void {
      const behaviour = of(this)
      if (behaviour !== undefined) call(behaviour)
    }
  }
}
