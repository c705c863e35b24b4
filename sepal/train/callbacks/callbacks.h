// Every callback.
#pragma once

#include "sepal/train/callbacks/callback.h"
#include "sepal/train/callbacks/csv_logger.h"
#include "sepal/train/callbacks/early_stopping.h"
#include "sepal/train/callbacks/lambda_callback.h"
#include "sepal/train/callbacks/learning_rate.h"
#include "sepal/train/callbacks/model_checkpoint.h"
#include "sepal/train/callbacks/progress_bar.h"
#include "sepal/train/callbacks/terminate_on_nan.h"
