/** What a person can do when the operating system refuses; plain JavaScript, because it runs before packages are installed. */

const asOwner = 'run this as the user who owns the checkout and started what runs in it';

/** By the code of Node's error. */
const advice = {
  EACCES: asOwner,
  EPERM: asOwner,
  EROFS: 'use a checkout on a disk that can be written to',
  ENOSPC: 'free some space on this disk; "npm stop -- --wipe" deletes the local data',
  EDQUOT: 'free some of the space that this user may have; "npm stop -- --wipe" deletes the local data',
};

/** Returns the text for a terminal, or undefined for an error of another kind. */
export function describeSystemRefusal(error) {
  const next = advice[error?.code];
  return next && `\n${error.message}.\n  What to do: ${next}`;
}
