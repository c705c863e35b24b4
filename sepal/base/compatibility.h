// Which writer's habits Sepal follows where Keras changed its mind.
#pragma once

namespace sepal {

/// `keras3` (the start) follows Keras 3.15. `tf14` follows tf.keras of TensorFlow 1.4 in these points:
///
/// - the loss of an activity regularizer is not divided by the batch size;
/// - the regularization losses of frozen layers (`trainable` false) are kept;
/// - layers without a name are numbered from 1: `separable_conv2d_1`, and inputs `input_1`;
/// - `get_config` writes the keys and forms of TensorFlow 1.4;
/// - the activation "hard_sigmoid" is clip(0.2 x + 0.5, 0, 1);
/// - a list given to the initializer Constant fills a shape row by row;
/// - strides that differ between height and width raise InvalidArgumentError at the first call.
///
/// The defaults of random initializers (a deviation of 0.05, where TensorFlow 1.4 had 1) are Keras's in both.
enum class Compatibility { keras3, tf14 };

/// What holds now, for the whole process. Layers ask when they act, not when they are made.
Compatibility compatibility();
void set_compatibility(Compatibility mode);

/// Sets the mode and restores the former one at the end of the scope.
class CompatibilityScope {
 public:
  explicit CompatibilityScope(Compatibility mode) : former_(compatibility()) { set_compatibility(mode); }
  ~CompatibilityScope() { set_compatibility(former_); }
  CompatibilityScope(const CompatibilityScope&) = delete;
  CompatibilityScope& operator=(const CompatibilityScope&) = delete;

 private:
  Compatibility former_;
};

}  // namespace sepal
