"""The month end as an Airflow DAG (2.9 or later, with apache-airflow-providers-standard): copy it into the DAG folder.

月末批量的 Airflow DAG，复制到 DAG 目录即可。每月1日凌晨1点（北京时间）处理刚结束的月份。
A retry makes only what is not there yet; any exit code but 0 fails the task: 1 some not made, 3 data, 4 template or policy, 5 not writable.
重试只补未生成的；退出码非 0 即任务失败：1 部分未生成，3 数据问题，4 模板或政策有误，5 无法写入。
"""

from datetime import timedelta

import pendulum
from airflow import DAG
from airflow.providers.standard.operators.bash import BashOperator
from airflow.timetables.trigger import CronTriggerTimetable

# The run's date is the 1st on which it starts; the day before it is in the month asked for. 运行日为1日，其前一天即所处理月份的末日。
PERIOD = "{{ (logical_date.in_timezone('Asia/Shanghai') - macros.timedelta(days=logical_date.in_timezone('Asia/Shanghai').day)).strftime('%Y-%m') }}"

with DAG(
    dag_id="postloan_month_end",
    schedule=CronTriggerTimetable("0 1 1 * *", timezone="Asia/Shanghai"),
    start_date=pendulum.datetime(2026, 1, 1, tz="Asia/Shanghai"),
    catchup=False,
    max_active_runs=1,
):
    BashOperator(
        task_id="month_end",
        bash_command="/opt/postloan/bin/postloan --lang zh month-end --period "
        + PERIOD
        + " --data /srv/postloan/data --out /srv/postloan/out"
        " --workers 2 --deadline 06:00 --progress json",
        retries=1,
        retry_delay=timedelta(minutes=10),
        execution_timeout=timedelta(hours=6),
    )
