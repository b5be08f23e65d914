# Completions of pyclean for PowerShell. Where there are no candidates, PowerShell completes
# file names.
Register-ArgumentCompleter -Native -CommandName pyclean -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $words = @($commandAst.CommandElements |
        Where-Object { $_.Extent.StartOffset -lt $cursorPosition } |
        ForEach-Object { $_.Extent.Text.Trim('"', "'") })
    $index = $words.Count
    if ($wordToComplete -ne '') { $index-- }
    $program = Get-Command -Name pyclean -CommandType Application -ErrorAction Ignore |
        Select-Object -First 1
    if (-not $program) { return }
    & $program --generate candidates '--' $index @words 2>$null | ForEach-Object {
        $value, $description = $_ -split "`t", 2
        if (-not $description) { $description = $value }
        [System.Management.Automation.CompletionResult]::new(
            $value, $value, 'ParameterValue', $description)
    }
}
