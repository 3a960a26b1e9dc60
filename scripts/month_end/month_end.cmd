@echo off
chcp 65001 >nul
rem Makes the papers of the month just ended. Called by month_end.xml; run it by hand with: month_end.cmd --only-failed
rem 生成刚结束月份的材料，由任务计划调用；手工补跑未生成的：month_end.cmd --only-failed
rem Exit codes 退出码: 0 all made 全部生成, 1 some not 部分未生成, 2 command 命令有误, 3 data 数据问题, 4 template or policy 模板或政策有误, 5 not writable 无法写入
setlocal
set PYTHONUTF8=1
for /f "usebackq" %%p in (`powershell -NoProfile -Command "(Get-Date -Day 1).AddDays(-1).ToString('yyyy-MM')"`) do set PERIOD=%%p
"C:\postloan\Scripts\postloan.exe" --lang zh month-end --period %PERIOD% --data "D:\postloan\data" --out "D:\postloan\out" --workers 2 --deadline 06:00 %*
exit /b %ERRORLEVEL%
