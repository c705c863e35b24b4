// Every optimizer and learning-rate schedule.
#pragma once

#include "sepal/train/optimizers/adadelta.h"
#include "sepal/train/optimizers/adafactor.h"
#include "sepal/train/optimizers/adagrad.h"
#include "sepal/train/optimizers/adam.h"
#include "sepal/train/optimizers/adamax.h"
#include "sepal/train/optimizers/ftrl.h"
#include "sepal/train/optimizers/lamb.h"
#include "sepal/train/optimizers/lion.h"
#include "sepal/train/optimizers/loss_scale_optimizer.h"
#include "sepal/train/optimizers/muon.h"
#include "sepal/train/optimizers/nadam.h"
#include "sepal/train/optimizers/optimizer.h"
#include "sepal/train/optimizers/rmsprop.h"
#include "sepal/train/optimizers/schedule_free_adamw.h"
#include "sepal/train/optimizers/schedules.h"
#include "sepal/train/optimizers/sgd.h"
