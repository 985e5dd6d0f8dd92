/** Shells that can be taught to complete. */
export const shells = ['bash', 'zsh', 'fish'] as const;

export type Shell = (typeof shells)[number];

/** The line that stands for "names of files", which the shell knows best. */
export const filesLine = ':files';

/**
 * What to put into each shell. They all ask `pm completion --complete -- WORDS…`, which answers a line for each candidate,
 * its description after a tab: so there is one logic, and it knows the processes that are there.
 */
export const scripts: Readonly<Record<Shell, string>> = {
  // Bash splits words at "@", "=" and ":" too, so the line is split here. What it will replace is its second argument
  // (after "=" and ":", but with the "@"): what stands before that is taken off the answers.
  bash: `# bash completion of pm: source <(pm completion bash)
_pm_complete() {
  local line=\${COMP_LINE:0:COMP_POINT} current=$2 whole candidate
  local -a words
  read -ra words <<< "$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  whole=\${words[\${#words[@]}-1]}
  local taken=\${whole%"$current"}
  COMPREPLY=()
  while IFS= read -r candidate; do
    if [[ $candidate == '${filesLine}' ]]; then
      compopt -o filenames 2> /dev/null
      while IFS= read -r candidate; do COMPREPLY+=("$candidate"); done < <(compgen -f -- "$current")
    else
      candidate=\${candidate%%$'\\t'*}
      COMPREPLY+=("\${candidate#"$taken"}")
    fi
  done < <("\${words[0]}" completion --complete -- "\${words[@]:1}" 2> /dev/null)
}
complete -F _pm_complete pm
`,
  zsh: `#compdef pm
# zsh completion of pm: source <(pm completion zsh), or as _pm in a folder of $fpath
_pm() {
  local candidate
  local -a candidates
  while IFS= read -r candidate; do
    if [[ $candidate == '${filesLine}' ]]; then
      _files
    else
      candidates+=("\${\${candidate%%$'\\t'*}//:/\\\\:}:\${candidate#*$'\\t'}")
    fi
  done < <("\${words[1]}" completion --complete -- "\${(@)words[2,CURRENT]}" 2> /dev/null)
  (( \${#candidates} )) && _describe pm candidates
}
if [[ \${funcstack[1]} == _pm ]]; then _pm "$@"; else compdef _pm pm; fi
`,
  fish: `# fish completion of pm: pm completion fish | source, or as ~/.config/fish/completions/pm.fish
function __pm_complete
  set -l words (commandline -opc) (commandline -ct)
  for candidate in (command $words[1] completion --complete -- $words[2..-1] 2> /dev/null)
    if test "$candidate" = '${filesLine}'
      __fish_complete_path (commandline -ct)
    else
      echo $candidate
    end
  end
end
complete -c pm -f -a '(__pm_complete)'
`,
};
