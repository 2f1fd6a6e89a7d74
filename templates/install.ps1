# Sets up the environment by hand: a Python, a folder for it, the packages, a test. Nothing else.
# `py setup.py` does more: it looks at the machine first, and never leaves anything half made.
#
#   powershell -ExecutionPolicy Bypass -File install.ps1
#   ... -File install.ps1 -Python C:\the\python.exe -Venv C:\where
param(
    [string]$Python = '',
    [string]$Venv = ''
)
Set-StrictMode -Version 3.0
$ErrorActionPreference = 'Stop'

# What envboot fills in.
$wanted = '3.9'
$note = ''
$variables = @()

function Stop-Here([string]$Message) {
    [Console]::Error.WriteLine("install.ps1: $Message")
    exit 1
}

# Isolated (-I), so that no module of the repository is taken for one of Python's own.
function Test-Fit([string[]]$Command) {
    $program = $Command[0]
    $before = @($Command | Select-Object -Skip 1)
    if (-not (Get-Command $program -ErrorAction SilentlyContinue)) { return $false }
    $code = 'import sys; print(sys.version_info[0], sys.version_info[1], sep=chr(46))'
    try {
        $said = & $program @before -I -c $code 2>$null
    } catch {
        return $false
    }
    return ($LASTEXITCODE -eq 0) -and ("$said".Trim() -eq $wanted)
}

# From here on nothing depends on the folder that this was started in.
Set-Location -LiteralPath $PSScriptRoot
if (-not $Venv) { $Venv = Join-Path $PSScriptRoot '.venv' }
if (-not [IO.Path]::IsPathRooted($Venv)) { Stop-Here "-Venv must be an absolute path: $Venv" }
if (-not (Test-Path -LiteralPath 'requirements.txt' -PathType Leaf)) {
    Stop-Here "$PSScriptRoot has no requirements.txt"
}

$windows = [Environment]::OSVersion.Platform -eq 'Win32NT'
$inside = if ($windows) { 'Scripts' } else { 'bin' }
$program = if ($windows) { 'python.exe' } else { 'python' }
$own = Join-Path (Join-Path $Venv $inside) $program

$chosen = @()
if ($Python) {
    $chosen = @($Python)
} else {
    foreach ($candidate in @(@('py', "-$wanted"), @("python$wanted"), @('python3'), @('python'))) {
        if (Test-Fit $candidate) {
            $chosen = @($candidate)
            break
        }
    }
}
if ($chosen.Count -eq 0) { Stop-Here "no Python $wanted is installed; -Python takes another one" }

if ($note) { [Console]::Error.WriteLine("install.ps1: $note") }
$made = $false
$done = $false
try {
    if (Test-Path -LiteralPath $Venv) {
        if (-not (Test-Path -LiteralPath $own -PathType Leaf)) {
            Stop-Here "$Venv is there, and no environment: remove it, or give -Venv"
        }
        if (-not $Python -and -not (Test-Fit @($own))) {
            Stop-Here "$Venv has another Python than ${wanted}: remove it, or give -Venv"
        }
        Write-Output "using $Venv"
    } else {
        Write-Output "making $Venv"
        $made = $true
        $before = @($chosen | Select-Object -Skip 1)
        & $chosen[0] @before -I -m venv $Venv
        if ($LASTEXITCODE -ne 0) { Stop-Here 'the environment could not be made' }
    }
    Write-Output 'installing what requirements.txt names'
    & $own -I -m pip install --requirement requirements.txt
    if ($LASTEXITCODE -ne 0) { Stop-Here 'not all could be installed' }
    $done = $true
} finally {
    if ($made -and -not $done) {
        [Console]::Error.WriteLine("install.ps1: what was half made is removed: $Venv")
        Remove-Item -LiteralPath $Venv -Recurse -Force -ErrorAction SilentlyContinue
    }
}

if (Test-Path -LiteralPath 'test_env.py' -PathType Leaf) {
    Write-Output 'testing it'
    & $own test_env.py
    if ($LASTEXITCODE -ne 0) { Stop-Here 'it is installed, and does not work: see above' }
}

Write-Output ''
Write-Output 'to use it:'
foreach ($line in $variables) { Write-Output $line }
$activate = Join-Path (Join-Path $Venv $inside) 'Activate.ps1'
Write-Output "& '$($activate.Replace("'", "''"))'"
