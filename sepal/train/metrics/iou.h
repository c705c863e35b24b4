// Intersection over union of the areas of classes (keras.metrics.IoU and its relatives), for segmentation.
//
// Counts are whole numbers unless `dtype` is a float: weights lose their fraction then, as in Keras.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sepal/train/metrics/typed_metric.h"

namespace sepal::metrics {

struct IoUOptions {
  std::int64_t num_classes = 0;
  /// The classes whose mean is the result.
  IntTuple target_class_ids = {};
  std::string name = "io_u";
  std::string dtype = "int64";
  /// Targets of this class do not count.
  std::optional<std::int64_t> ignore_class = {};
  /// Class numbers; otherwise the largest entry along `axis` is taken.
  bool sparse_y_true = true;
  bool sparse_y_pred = true;
  std::int64_t axis = -1;
  static constexpr const char* kName = "IoU";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("name", o.name);
    v("dtype", o.dtype);
    v("num_classes", o.num_classes);
    v("target_class_ids", o.target_class_ids);
    v("ignore_class", o.ignore_class);
    v("sparse_y_true", o.sparse_y_true);
    v("sparse_y_pred", o.sparse_y_pred);
    v("axis", o.axis);
  }
};

/// Of class 0 and 1; predictions from the threshold on are class 1.
struct BinaryIoUOptions {
  IntTuple target_class_ids = {0, 1};
  double threshold = 0.5;
  std::string name = "binary_io_u";
  std::string dtype = "int64";
  static constexpr const char* kName = "BinaryIoU";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("target_class_ids", o.target_class_ids);
    v("threshold", o.threshold);
    v("name", o.name);
    v("dtype", o.dtype);
  }
};

/// The mean over all classes that occur.
struct MeanIoUOptions {
  std::int64_t num_classes = 0;
  std::string name = "mean_io_u";
  std::string dtype = "int64";
  std::optional<std::int64_t> ignore_class = {};
  bool sparse_y_true = true;
  bool sparse_y_pred = true;
  std::int64_t axis = -1;
  static constexpr const char* kName = "MeanIoU";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("num_classes", o.num_classes);
    v("name", o.name);
    v("dtype", o.dtype);
    v("ignore_class", o.ignore_class);
    v("sparse_y_true", o.sparse_y_true);
    v("sparse_y_pred", o.sparse_y_pred);
    v("axis", o.axis);
  }
};

/// Targets, and unless `sparse_y_pred` predictions, have an entry for each class along `axis`.
struct OneHotIoUOptions {
  std::int64_t num_classes = 0;
  IntTuple target_class_ids = {};
  std::string name = "one_hot_io_u";
  std::string dtype = "int64";
  std::optional<std::int64_t> ignore_class = {};
  bool sparse_y_pred = false;
  std::int64_t axis = -1;
  static constexpr const char* kName = "OneHotIoU";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("num_classes", o.num_classes);
    v("target_class_ids", o.target_class_ids);
    v("name", o.name);
    v("dtype", o.dtype);
    v("ignore_class", o.ignore_class);
    v("sparse_y_pred", o.sparse_y_pred);
    v("axis", o.axis);
  }
};

struct OneHotMeanIoUOptions {
  std::int64_t num_classes = 0;
  std::string name = "one_hot_mean_io_u";
  std::string dtype = "int64";
  std::optional<std::int64_t> ignore_class = {};
  bool sparse_y_pred = false;
  std::int64_t axis = -1;
  static constexpr const char* kName = "OneHotMeanIoU";
  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("num_classes", o.num_classes);
    v("name", o.name);
    v("dtype", o.dtype);
    v("ignore_class", o.ignore_class);
    v("sparse_y_pred", o.sparse_y_pred);
    v("axis", o.axis);
  }
};

/// Pairs of a target and a prediction whose class does not exist do not count.
/// @throws ValueError if `num_classes` or a target class is out of its range.
template <class Options>
class AnyIoU : public Metric {
 public:
  explicit AnyIoU(Options options);
};
using IoU = AnyIoU<IoUOptions>;
using BinaryIoU = AnyIoU<BinaryIoUOptions>;
using MeanIoU = AnyIoU<MeanIoUOptions>;
using OneHotIoU = AnyIoU<OneHotIoUOptions>;
using OneHotMeanIoU = AnyIoU<OneHotMeanIoUOptions>;

}  // namespace sepal::metrics
