// Puts the roles of the user into the tokens.
exports.onExecutePostLogin = async (event, api) => {
  const roles = event.authorization ? event.authorization.roles : [];
  api.idToken.setCustomClaim("https://haldenbooks.example/roles", roles);
  api.accessToken.setCustomClaim("https://haldenbooks.example/roles", roles);
};
