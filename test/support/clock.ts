/** A clock that stands still until it is told to move. */
export interface TestClock {
  (): number;
  now: number;
  advance(seconds: number): void;
}

export function testClock(now = 1_700_000_000_000): TestClock {
  const clock = () => clock.now;
  clock.now = now;
  clock.advance = (seconds: number) => {
    clock.now += seconds * 1000;
  };
  return clock;
}
