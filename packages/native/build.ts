/** Compiles `src-c` to `prebuilt/linux-<arch>`. The result is optional at run time, so a missing compiler is no failure. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const root = import.meta.dirname;
const sources = join(root, 'src-c');
const compilers = {
  x64: ['x86_64-linux-gnu-gcc', 'x86_64-alpine-linux-musl-gcc'],
  arm64: ['aarch64-linux-gnu-gcc', 'aarch64-alpine-linux-musl-gcc'],
};
type Arch = keyof typeof compilers;

const common = [
  '-Os',
  '-std=gnu11',
  '-Wall',
  '-Wextra',
  '-ffreestanding',
  '-fno-stack-protector',
  '-fno-asynchronous-unwind-tables',
  '-nostdlib',
  '-s',
];
const addon = [
  // The log path's loops: unrolled they are twice as fast.
  '-O3',
  '-shared',
  '-fPIC',
  '-fvisibility=hidden',
  '-Wl,-z,noexecstack',
  '-Wl,--hash-style=both',
  '-Wl,--build-id=none',
];
const program = [
  '-static',
  '-fno-pie',
  '-no-pie',
  '-ffunction-sections',
  '-Wl,--gc-sections',
  '-Wl,-z,noseparate-code',
  '-Wl,-z,noexecstack',
  '-Wl,--build-id=none',
];

/** One file to make: what from, and how. */
interface Target {
  readonly name: 'sys.node' | 'svexec';
  readonly flags: readonly string[];
  readonly sources: readonly string[];
}

if (process.platform !== 'linux' || !(process.arch in compilers)) {
  console.log(`native: there are no native files for ${process.platform}-${process.arch}: pm runs without them`);
} else {
  for (const arch of Object.keys(compilers) as Arch[]) buildFor(arch);
}

function buildFor(arch: Arch): void {
  const folder = join(root, 'prebuilt', `linux-${arch}`);
  const stale = targets().filter((target) =>
    isStale(join(folder, target.name), [...target.sources, import.meta.filename]),
  );
  if (stale.length === 0) return;
  const compiler = findCompiler(arch);
  if (compiler) return compileAll(compiler, folder, stale);
  if (arch === process.arch) console.log(`native: no C compiler (cc): pm will run without its native files`);
}

function targets(): Target[] {
  const headers = join(dirname(createRequire(import.meta.url).resolve('node-api-headers/package.json')), 'include');
  const shared = join(sources, 'abi.h');
  return [
    { name: 'sys.node', flags: [...addon, '-I', headers], sources: [...filesIn(join(sources, 'sys')), shared] },
    { name: 'svexec', flags: program, sources: [...filesIn(join(sources, 'svexec')), shared] },
  ];
}

function filesIn(folder: string): string[] {
  return readdirSync(folder)
    .toSorted()
    .map((name) => join(folder, name));
}

function isStale(output: string, inputs: readonly string[]): boolean {
  const made = statSync(output, { throwIfNoEntry: false })?.mtimeMs;
  return made === undefined || inputs.some((input) => statSync(input).mtimeMs > made);
}

/** `cc` makes files for the machine it runs on; the other CPU needs a cross compiler. */
function findCompiler(arch: Arch): string | undefined {
  const native = arch === process.arch ? [process.env['CC'] || 'cc', 'gcc', 'clang'] : [];
  return [...native, ...compilers[arch]].find((name) => spawnSync(name, ['--version']).status === 0);
}

function compileAll(compiler: string, folder: string, stale: readonly Target[]): void {
  mkdirSync(folder, { recursive: true });
  for (const target of stale) compile(compiler, join(folder, target.name), target);
  console.log(`native: ${stale.map((target) => target.name).join(', ')} for ${folder.split('/').at(-1)} (${compiler})`);
}

/** Renamed into place: a running svexec cannot be written to, and two builds at once do not mix. */
function compile(compiler: string, output: string, target: Target): void {
  const draft = `${output}.${process.pid}`;
  const inputs = target.sources.filter((source) => source.endsWith('.c'));
  try {
    execFileSync(compiler, [...common, ...target.flags, '-o', draft, ...inputs], { stdio: 'inherit' });
    renameSync(draft, output);
  } finally {
    rmSync(draft, { force: true });
  }
}
