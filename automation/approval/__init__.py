"""A plan that an approval is bound to: what was previewed, and the deployment of exactly that.

`schema` is the plan's form, `inputs` what a stack's deployment follows from, `changes` the operations, `plans` makes,
reads and checks a plan. https://www.pulumi.com/docs/iac/concepts/update-plans/ is Pulumi's own for one stack.
"""
