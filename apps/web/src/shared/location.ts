/** The address is the state of a view: everyone who opens it sees the same. */
import { useLocation } from 'preact-iso';
import { address, type Parameters } from '../api/ask.ts';

export interface Address {
  /** Parameters of the address; the last of a repeated one. */
  readonly query: Readonly<Record<string, string>>;
  /** Changes some parameters (undefined removes one) without a step in the history of the browser. */
  readonly change: (parameters: Parameters) => void;
  /** The address of this view with other parameters. */
  readonly withParameters: (parameters: Parameters) => string;
}

export function useAddress(): Address {
  const { path, query, route } = useLocation();
  const withParameters = (parameters: Parameters): string => address(path, {}, { ...query, ...parameters });
  // The address may have changed since this was rendered.
  const change = (parameters: Parameters): void => {
    const now = Object.fromEntries(new URLSearchParams(location.search));
    route(address(location.pathname, {}, { ...now, ...parameters }), true);
  };
  return { query, withParameters, change };
}

/** Address of a view: `{name}` is filled in, and parameters without a value are left out. */
export const addressOf = address;
