// ZeroPadding2D and a depthwise convolution behind it are one pass: what comes out is the same.
#include "sepal/models/framed_convolution.h"

#include <gtest/gtest.h>

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/base/random.h"
#include "sepal/layers/layers.h"
#include "sepal/models/model.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

using testing::expect_close;
using testing::small_integers;

struct Pair {
  explicit Pair(DepthwiseConv2DOptions options = {})
      : padding({.padding = {{0, 1}, {2, 1}}}), convolution([&] {
          options.kernel_size = 3;
          options.strides = 2;
          return options;
        }()) {}

  /// The result for x, and its gradients by x and the weights.
  Tensors results(const std::function<Tensor(const Tensor&)>& call, const Tensor& x) {
    GradientTape tape;
    tape.watch(x);
    const Tensor y = call(x);
    Tensors sources = {x};
    for (const Variable& variable : convolution->trainable_weights()) sources.push_back(variable.value());
    Tensors all = tape.gradient(y, sources, small_integers(y.shape(), 3, y.dtype()));
    all.push_back(y);
    return all;
  }

  void expect_same(const Model& model, const Tensor& x) {
    Tensors weights;
    for (const Tensor& w : model->get_weights()) weights.push_back(small_integers(w.shape(), 2, w.dtype()));
    model->set_weights(weights);
    const Tensors got = results([&](const Tensor& in) { return model(in); }, x);
    const Tensors want = results([&](const Tensor& in) { return convolution(padding(in)); }, x);
    ASSERT_EQ(got.size(), want.size());
    for (std::size_t i = 0; i < want.size(); ++i) expect_close(got[i], want[i], 0.0, 0.0);
  }

  layers::ZeroPadding2D padding;
  layers::DepthwiseConv2D convolution;
};

TEST(FramedConvolution, GivesWhatTheTwoLayersDo) {
  for (const DType dtype : {DType::float32, DType::float64}) {
    const std::string name(name_of(dtype));
    Pair graph({.activation = "relu", .dtype = name});
    graph.padding = layers::ZeroPadding2D({.padding = {{0, 1}, {2, 1}}, .dtype = name});
    const KerasTensor in = Input({.shape = {6, 7, 3}, .dtype = name});
    graph.expect_same(Model(in, graph.convolution(graph.padding(in))),
                      small_integers({2, 6, 7, 3}, 1, dtype));
  }
  Pair chain;
  chain.expect_same(Sequential({Input({.shape = {6, 7, 3}}), chain.padding, chain.convolution}),
                    small_integers({2, 6, 7, 3}, 1));
}

TEST(FramedConvolution, IsForCallsThatItMaySpeedUp) {
  Pair pair;
  EXPECT_TRUE(may_frame(*pair.padding, *pair.convolution));
  EXPECT_FALSE(may_frame(*pair.convolution, *pair.padding));
  EXPECT_FALSE(may_frame(*layers::ZeroPadding2D({.data_format = "channels_first"}), *pair.convolution));

  const Tensor x = small_integers({2, 6, 7, 3}, 1);
  EXPECT_FALSE(framed_and_convolved(*pair.padding, *pair.convolution, x));  // not built
  (void)pair.convolution(pair.padding(x));
  EXPECT_TRUE(framed_and_convolved(*pair.padding, *pair.convolution, x));
  EXPECT_FALSE(framed_and_convolved(*pair.padding, *pair.convolution, x.astype(DType::float64)));
  const Tensor masked = x.with_mask(Tensor::ones({2}, DType::boolean));
  EXPECT_FALSE(framed_and_convolved(*pair.padding, *pair.convolution, masked));
}

TEST(FramedConvolution, LeavesAValueThatIsReadTwiceAlone) {
  Pair pair;
  const KerasTensor in = Input({.shape = {6, 7, 3}});
  const KerasTensor padded = pair.padding(in);
  const Model model(KerasTensors{in}, KerasTensors{pair.convolution(padded), padded});
  const Tensor x = small_integers({2, 6, 7, 3}, 1);
  expect_close(model->predict_all(x)[1], pair.padding(x), 0.0, 0.0);
}

}  // namespace
}  // namespace sepal
