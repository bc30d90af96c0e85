"""A worker's container that says what it is told to: the text is written as the session's first words."""

import os
import sys

import boto3
from dagster_pipes import PipesEnvVarParamsLoader

place = PipesEnvVarParamsLoader().load_messages_params()
boto3.client("s3", endpoint_url=os.environ["AWS_ENDPOINT_URL"]).put_object(
    Bucket=place["bucket"], Key=f"{place['key_prefix']}/1.json", Body=sys.argv[1].encode()
)
sys.exit(int(sys.argv[2]))
