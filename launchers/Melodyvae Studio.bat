@echo off
rem Installs melodyvae with uv and opens its studio in the browser. Arguments go to melodyvae studio.
setlocal
rem Paths that uv prints are UTF-8.
chcp 65001 >nul
set "PROGRAM="
set "PATH=%PATH%;%USERPROFILE%\.local\bin"
where uv >nul 2>nul
if errorlevel 1 (
  echo melodyvae is installed by uv, which this computer does not have.
  echo Install it as https://docs.astral.sh/uv/ explains, then open this file again.
  goto failed
)

for /f "delims=" %%f in ('uv tool dir --bin') do set "PROGRAM=%%f\melodyvae.exe"
echo Installing melodyvae. The first time takes a few minutes ...
uv tool install --quiet --python 3.13 --reinstall-package melodyvae "%~dp0..[demo,studio]"
if not errorlevel 1 goto open
if not exist "%PROGRAM%" (
  echo melodyvae could not be installed. Check the internet connection, then try again.
  goto failed
)
echo melodyvae could not be updated. Opening the version that is installed.

:open
if not exist "%USERPROFILE%\Melodyvae" mkdir "%USERPROFILE%\Melodyvae"
cd /d "%USERPROFILE%\Melodyvae"
"%PROGRAM%" studio %*
if not errorlevel 1 exit /b 0

:failed
pause
exit /b 1
