# What the commands of docs/ecs.md need to know of your account, looked up by name; to be sourced, in bash:
#
#   export AWS_DEFAULT_REGION=eu-central-1
#   . deploy/names.sh
#
# `fill FILE` prints a file of this folder, or task-definition.json, with your values where it says <NAME>.
REGION=${AWS_DEFAULT_REGION:?Say where: export AWS_DEFAULT_REGION=eu-central-1}
# Nothing long is shown page by page: a pager would take what is pasted after the command for its own.
export AWS_PAGER=
ACCOUNT_ID=$(aws sts get-caller-identity --query Account --output text)
REGISTRY=$ACCOUNT_ID.dkr.ecr.$REGION.amazonaws.com
# The repository takes each tag once: commit what goes into the image before you build it.
IMAGE_TAG=$(git rev-parse --short HEAD)
KEY_ID=$(aws kms describe-key --key-id alias/approval-bot --query KeyMetadata.KeyId --output text)
SECURITY_GROUP_ID=$(aws ec2 describe-security-groups --filters Name=group-name,Values=approval-bot \
  --query 'SecurityGroups[0].GroupId' --output text)
FILE_SYSTEM_ID=$(aws efs describe-file-systems \
  --query "FileSystems[?Name=='approval-bot'] | [0].FileSystemId" --output text)
ACCESS_POINT_ID=$(aws efs describe-access-points --file-system-id "$FILE_SYSTEM_ID" \
  --query 'AccessPoints[0].AccessPointId' --output text)
SUBNET_ID=$(aws efs describe-mount-targets --file-system-id "$FILE_SYSTEM_ID" \
  --query 'MountTargets[0].SubnetId' --output text)
SECOND_SUBNET_ID=$(aws efs describe-mount-targets --file-system-id "$FILE_SYSTEM_ID" \
  --query 'MountTargets[1].SubnetId' --output text)

fill() {
  sed -e "s|<REGION>|$REGION|g" -e "s|<ACCOUNT_ID>|$ACCOUNT_ID|g" -e "s|<KEY_ID>|$KEY_ID|g" \
    -e "s|<FILE_SYSTEM_ID>|$FILE_SYSTEM_ID|g" -e "s|<ACCESS_POINT_ID>|$ACCESS_POINT_ID|g" \
    -e "s|<SUBNET_ID>|$SUBNET_ID|g" -e "s|<SECOND_SUBNET_ID>|$SECOND_SUBNET_ID|g" \
    -e "s|<SECURITY_GROUP_ID>|$SECURITY_GROUP_ID|g" -e "s|<IMAGE_TAG>|$IMAGE_TAG|g" "$1"
}
