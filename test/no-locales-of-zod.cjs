// In place of zod's locales/index.cjs: each test file loads its modules anew, and forty languages that nobody uses are a
// tenth of what most files load. zod itself takes English from beside it.
module.exports = {};
