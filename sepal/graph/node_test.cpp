#include "sepal/graph/node.h"

#include <gtest/gtest.h>

namespace sepal {
namespace {

class Twice : public Operation {
 public:
  KerasTensor operator()(const KerasTensors& inputs) {
    return Node::record_call(shared_from_this(), inputs, {{{1}, DType::float32, "x"}}, true)[0];
  }
};

// Far more calls than fit on the call stack, each with its input twice, so that no node is held only once.
TEST(Node, ReleasesAChainOfAnyLength) {
  std::weak_ptr<Node> first;
  {
    KerasTensor x = (*std::make_shared<Twice>())({});
    first = x.node();
    for (int i = 0; i < 200'000; ++i) x = (*std::make_shared<Twice>())({x, x});
    EXPECT_FALSE(first.expired());
  }
  EXPECT_TRUE(first.expired());
}

TEST(Node, StaysAsLongAsAResultIsHeld) {
  KerasTensor kept;
  {
    const KerasTensor x = (*std::make_shared<Twice>())({});
    kept = (*std::make_shared<Twice>())({x});
    const KerasTensor dropped = (*std::make_shared<Twice>())({kept, x});
  }
  ASSERT_EQ(kept.node()->inputs().size(), 1U);
  EXPECT_NE(kept.node()->inputs()[0].node(), nullptr);
}

}  // namespace
}  // namespace sepal
