/** When, where and with what something was measured. */
export interface Setting {
  readonly at: string;
  readonly command: string;
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly memoryGib: number;
    readonly loadBefore: number;
  };
  readonly versions: Readonly<Record<string, string>>;
}

export const formatSetting = ({ at, command, machine, versions }: Setting): string =>
  [
    `${command}   ${at}`,
    `${machine.cores} cores (${machine.cpu}), ${machine.memoryGib} GiB, load average before ${machine.loadBefore.toFixed(1)}; broker, services and database share them`,
    Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', '),
  ].join('\n');
