// Every layer.
#pragma once

#include "sepal/layers/activations/activation.h"
#include "sepal/layers/activations/relu.h"
#include "sepal/layers/activations/softmax.h"
#include "sepal/layers/convolutional/conv2d.h"
#include "sepal/layers/convolutional/depthwise_conv2d.h"
#include "sepal/layers/convolutional/separable_conv2d.h"
#include "sepal/layers/core/dense.h"
#include "sepal/layers/core/input_layer.h"
#include "sepal/layers/merging/concatenate.h"
#include "sepal/layers/merging/merge.h"
#include "sepal/layers/normalization/batch_normalization.h"
#include "sepal/layers/pooling/global_pooling2d.h"
#include "sepal/layers/pooling/pooling2d.h"
#include "sepal/layers/preprocessing/rescaling.h"
#include "sepal/layers/regularization/dropout.h"
#include "sepal/layers/reshaping/flatten.h"
