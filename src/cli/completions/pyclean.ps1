# Completions of pyclean for PowerShell. Where there are no candidates, PowerShell completes
# file names.
Register-ArgumentCompleter -Native -CommandName pyclean -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $program = Get-Command -Name pyclean -CommandType Application -ErrorAction Ignore |
        Select-Object -First 1
    if (-not $program) { return }
    $elements = @($commandAst.CommandElements |
        Where-Object { $_.Extent.StartOffset -lt $cursorPosition })
    $words = @($elements | ForEach-Object { $_.Extent.Text.Trim('"', "'") })
    # A word that is not started yet is not passed.
    $index = $words.Count
    $start = ''
    if ($elements[-1].Extent.EndOffset -ge $cursorPosition) {
        $index--
        # PowerShell replaces only the part of the word that it completes.
        if ($words[-1].EndsWith($wordToComplete)) {
            $start = $words[-1].Substring(0, $words[-1].Length - $wordToComplete.Length)
        }
    }
    & $program --generate candidates '--' $index @words 2>$null | ForEach-Object {
        $value, $description = $_ -split "`t", 2
        if ($value.StartsWith($start)) { $value = $value.Substring($start.Length) }
        if (-not $description) { $description = $value }
        [System.Management.Automation.CompletionResult]::new(
            $value, $value, 'ParameterValue', $description)
    }
}
