import { type ComponentChildren, type JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { texts } from '../texts/texts.ts';

/** The heading of a view, which is also the title of the window; controls of the whole view stand beside it. */
export function Title({ children, controls }: { children: string; controls?: ComponentChildren }): JSX.Element {
  const { product } = texts();
  useEffect(() => {
    document.title = `${children} · ${product}`;
  }, [children, product]);
  return (
    <div class="title">
      <h1>{children}</h1>
      {controls}
    </div>
  );
}
